"""What the lake holds and which of its rows count. Pure: no framework, no cloud, no clock."""
