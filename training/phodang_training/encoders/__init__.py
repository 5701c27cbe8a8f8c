"""Pre-trained encoders: found by folder or hub name, loaded, their licences told."""
