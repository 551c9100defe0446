"""What a learner clicks, drags and steps through: one file a kind, all built on `base.StaticBox`."""
