"""汇报: briefings chosen, played, exported, edited; and the map of any page taken into one."""
