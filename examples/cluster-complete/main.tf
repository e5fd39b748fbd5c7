# Every block of paas_cluster, most of it at what it is anyway. Copy what you need, not all of it.

resource "paas_cluster" "this" {
  name               = var.name
  subnet_ids         = var.subnet_ids
  kubernetes_version = "1.35"
  mode               = "managed"

  endpoint           = { private = true, public_cidrs = var.public_cidrs }
  security_group_ids = var.security_group_ids
  network            = { ip_family = "ipv4", service_ipv4_cidr = "172.20.0.0/16" }
  remote_network     = { node_cidrs = ["10.200.0.0/16"], pod_cidrs = ["10.201.0.0/16"] }

  logging            = { types = ["api", "audit", "authenticator"], retention_days = 365, delete_on_destroy = true }
  encryption         = { kms_key_arn = var.kms_key_arn }
  upgrade            = { support_type = "EXTENDED", force = false, ignore_insights = [] }
  zonal_shift        = true
  control_plane_tier = "standard"

  access = {
    authentication_mode = "API"
    creator_admin       = true
    admins              = var.admin_arns
    viewers             = []
    entries = {
      ci = {
        principal_arn = var.ci_arn
        policies      = [{ name = "AmazonEKSEditPolicy", namespaces = ["apps"] }]
      }
    }
  }

  iam = {
    path                 = "/platform/"
    permissions_boundary = var.permissions_boundary
    node_policies        = ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"]
    oidc_provider        = true
  }

  node_groups = {
    default = {
      os                         = "al2023"
      instance_types             = ["m7i-flex.large", "m6i.large", "m6a.large"]
      capacity                   = "ON_DEMAND"
      min                        = 2
      max                        = 6
      desired                    = 2
      disk_gib                   = 50
      labels                     = { tier = "web" }
      taints                     = []
      max_unavailable_percentage = 33
      update_strategy            = "DEFAULT"
      auto_repair                = true
    }
    batch = {
      os             = "bottlerocket"
      instance_types = ["m7g.large", "m6g.large", "c7g.xlarge"]
      capacity       = "SPOT"
      min            = 0
      max            = 10
      taints         = [{ key = "batch", value = "true", effect = "NO_SCHEDULE" }]
    }
  }

  addons = {
    coredns            = { values = jsonencode({ replicaCount = 3 }) }
    aws-efs-csi-driver = {}
    cert-manager       = { namespace = "cert-manager" }
  }

  pod_identities = {
    "apps/uploader" = { policies = ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"] }
  }

  destroy  = { delete_load_balancers = true, delete_volumes = false, force_unmanaged_node_groups = false }
  timeouts = { create = "60m", update = "180m", delete = "60m" }

  deletion_protection = var.deletion_protection
  tags                = { environment = "prod", team = "platform" }
}
