"""What came of backbones on the user's own images: kept in measurements.db, beside the papers' results."""
