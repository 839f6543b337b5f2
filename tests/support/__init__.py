"""What tests share: waiting for conditions, the embedded cloud, processes, people and schools."""
