/* A process has no interrupts that could rewind anything. */
#error "hosted builds use CONFIG_FASTPATH_IRQSAVE"
