"""What hostile texts, kills, other spellings and dependencies do to phodang."""
