resource "paas_cluster" "prod" {
  name       = "prod"
  subnet_ids = var.private_subnet_ids

  # Where terraform runs; without it the API server answers only inside the VPC.
  endpoint = { public_cidrs = ["203.0.113.0/24"] }

  access = { admins = ["arn:aws:iam::111122223333:role/platform"] }

  # Over the default add-ons, which need no entry.
  addons = {
    coredns            = { values = jsonencode({ replicaCount = 3 }) }
    aws-efs-csi-driver = {}
  }

  pod_identities = {
    "apps/uploader" = { policies = ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"] }
  }

  # Volumes of what ran on it outlive it, and a destroy lists them. Load balancers go with it.
  destroy = { delete_volumes = false }

  tags = { environment = "prod" }
}
