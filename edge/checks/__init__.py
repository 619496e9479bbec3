"""Quick checks: asked at the hub or by the class's own teacher, answered by cards or by a count."""
