# Every attribute of paas_cluster but `auto` (see cluster-auto-mode), most of it at what it is anyway. Copy what you need, not all
# of it.

resource "paas_cluster" "this" {
  name               = var.name
  subnet_ids         = var.subnet_ids
  region             = var.region
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
        type          = "STANDARD"
        username      = "ci"
        groups        = ["pipelines"]
        policies      = [{ name = "AmazonEKSEditPolicy", namespaces = ["apps"] }]
      }
    }
  }

  iam = {
    cluster_role_arn     = var.cluster_role_arn
    node_role_arn        = var.node_role_arn
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
    # GPUs are scarce: one zone, an image of their own, and no node more than there is while they are updated.
    gpu = {
      ami_type        = "AL2023_x86_64_NVIDIA"
      instance_types  = ["g6.xlarge"]
      subnet_ids      = slice(var.subnet_ids, 0, 1)
      min             = 0
      max             = 2
      max_unavailable = 1
      update_strategy = "MINIMAL"
      release_version = "latest"
    }
    # What EKS has no attribute for comes from a launch template.
    custom = {
      launch_template = { id = var.launch_template_id, version = 1 }
      min             = 0
      max             = 2
    }
  }

  addons = {
    coredns            = { values = jsonencode({ replicaCount = 3 }) }
    aws-efs-csi-driver = { version = "default", iam = "auto", conflicts = "OVERWRITE", phase = "after_nodes" }
    cert-manager       = { namespace = "cert-manager" }
    metrics-server     = { enabled = false }

    aws-mountpoint-s3-csi-driver = { role_arn = var.pod_role_arn }
  }

  pod_identities = {
    "apps/uploader" = {
      policies = ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]
      inline_policy = jsonencode({
        Version   = "2012-10-17"
        Statement = [{ Effect = "Allow", Action = "s3:PutObject", Resource = "arn:aws:s3:::uploads/*" }]
      })
    }
    "apps/reader" = { role_arn = var.pod_role_arn }
  }

  destroy  = { delete_load_balancers = true, delete_volumes = false, force_unmanaged_node_groups = false }
  timeouts = { create = "60m", update = "180m", delete = "60m" }

  deletion_protection = var.deletion_protection
  tags                = { environment = "prod", team = "platform" }
}
