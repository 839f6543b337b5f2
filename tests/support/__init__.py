"""What tests share: waiting for conditions, the emulated cloud, processes, people and schools."""
