"""Long tests first, so that the last worker does not end alone."""


def cost(item):
    mark = item.get_closest_marker('cost')
    return mark.args[0] if mark else 0


def pytest_collection_modifyitems(items):
    items.sort(key=cost, reverse=True)
