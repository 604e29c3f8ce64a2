"""scripts/prove compares what it claims to: models, code, alarms."""

import re
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOADER = SourceFileLoader('prove', str(ROOT / 'scripts/prove'))
PROVE = module_from_spec(spec_from_loader('prove', LOADER))
LOADER.exec_module(PROVE)
FASTPATH = PROVE.check_fastpath()
PUSH = ['mov %gs:(%edi),%eax', 'cmp %gs:4(%edi),%eax', 'jae 3f',
        'mov %edx,(%eax)', 'movl $0x0,4(%eax)', 'addl $4,%gs:(%edi)']
PUSH_STEPS = ['load top', 'look end', 'store slot', 'store slot', 'commit top']


def test_every_function_that_a_model_names_exists():
    found = list(PROVE.named_functions())
    assert len(found) > 50
    assert not [what for well, what in found if not well]


def test_models_have_the_three_sequences():
    found = PROVE.model_sequences()
    assert sorted(found) == ['pop', 'push', 'push_back']
    assert found['push'] == PUSH_STEPS


def test_sequence_is_read_as_memory_accesses():
    assert PROVE.accesses(FASTPATH, PUSH) == PUSH_STEPS


@pytest.mark.parametrize('code', [
    PUSH[:3] + PUSH[4:],                            # a store is missing
    PUSH[:1] + PUSH[3:4] + PUSH[1:3] + PUSH[4:],    # stored before the look
    PUSH[:3] + ['mov %edx,(%ecx)'] + PUSH[4:],     # stored elsewhere
])
def test_other_sequence_is_no_models(code):
    assert PROVE.accesses(FASTPATH, code) not in \
        PROVE.model_sequences().values()


def test_switch_of_each_broken_model_is_in_that_model():
    for model, name, *_ in PROVE.TEETH:
        text = ''.join((PROVE.PROOF / f'{part}.pml').read_text('utf-8')
                       for part in (model, 'cpu', 'slub_state'))
        assert re.search(rf'^#ifn?def {name}$', text, re.M), (model, name)


def test_search_that_was_cut_is_not_complete():
    assert PROVE.complete('errors: 0')
    for cut in ('errors: 1', 'errors: 0\nmax search depth too small',
                'Warning: Search not completed\nerrors: 0'):
        assert not PROVE.complete(cut)


def test_each_argued_alarm_is_of_an_entry_that_is_run():
    entries = {entry for _, entry, *_ in PROVE.EVA}
    assert {line.split()[0] for line in PROVE.argued()} <= entries
