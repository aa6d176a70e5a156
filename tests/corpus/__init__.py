"""Files made to harm, and honest ones, all built by code: nothing here is a copy of a real document."""
