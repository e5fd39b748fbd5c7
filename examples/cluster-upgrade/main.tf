# A higher `kubernetes_version` is an upgrade in place: control plane, add-ons, nodes, one minor after the other, in one apply.

resource "paas_cluster" "this" {
  name               = var.name
  subnet_ids         = var.subnet_ids
  kubernetes_version = var.kubernetes_version

  upgrade = {
    # At the end of standard support EKS upgrades by itself. "EXTENDED" buys another year.
    support_type = "STANDARD"
    # What EKS knows to break at the next version is an error of the plan, unless it is named here.
    ignore_insights = var.ignore_insights
  }

  # How many nodes may go at once while they are replaced.
  node_groups = { default = { max_unavailable_percentage = 50 } }

  endpoint            = { public_cidrs = var.public_cidrs }
  deletion_protection = var.deletion_protection
}
