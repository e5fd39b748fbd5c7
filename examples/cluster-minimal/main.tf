# Everything that a cluster needs, in three lines; the rest is said for clarity.

resource "paas_cluster" "this" {
  name       = var.name
  subnet_ids = var.subnet_ids

  # Apps of the same apply need to reach the API server from where terraform runs. Without it the endpoint is private.
  endpoint = { public_cidrs = var.public_cidrs }

  # True where it is left out.
  deletion_protection = var.deletion_protection
}
