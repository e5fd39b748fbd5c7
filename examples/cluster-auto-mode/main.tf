# EKS Auto Mode: nodes come as pods need them, and EKS looks after them, the network, volumes and load balancers.

resource "paas_cluster" "this" {
  name       = var.name
  subnet_ids = var.subnet_ids
  mode       = "auto"

  # Both node pools of EKS, as where it is left out.
  auto = { node_pools = ["general-purpose", "system"] }

  endpoint            = { public_cidrs = var.public_cidrs }
  deletion_protection = var.deletion_protection
}
