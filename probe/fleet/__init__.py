"""Measuring on the GPUs of a cluster: shards of tasks, handed out by engines that exist, merged as they end."""
