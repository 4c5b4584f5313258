"""labd: the service layer of labs, served to the portal over a Unix socket; the one holder of Docker and the fabric."""
