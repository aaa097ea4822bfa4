"""Maps: vectors as points in the plane, to move through by hand."""

from embeddings_course.maps.places import places
from embeddings_course.maps.show import Map, show_map

__all__ = ["Map", "places", "show_map"]
