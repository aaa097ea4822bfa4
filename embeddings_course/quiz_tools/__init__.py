"""What authors and instructors do with questions: check, export, analyse."""
