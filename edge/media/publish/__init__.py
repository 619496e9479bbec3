"""What `tirek publish` sends: files, cameras and the test picture, in real time."""
