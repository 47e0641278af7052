"""What composes readers, store, tiles and exports: inspect, publish, derive, first start."""
