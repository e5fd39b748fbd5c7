variable "name" {
  description = "The cluster's name, unique in its region and account."
  type        = string
  default     = "complete"
}

variable "region" {
  description = "The AWS region; null for the provider's."
  type        = string
  default     = null
}

variable "subnet_ids" {
  description = "Private subnets of the cluster, in at least two availability zones. The sandbox sets TF_VAR_subnet_ids."
  type        = list(string)
}

variable "public_cidrs" {
  description = "Who may reach the cluster's API server from outside the VPC: the addresses of whoever runs terraform."
  type        = list(string)
  default     = ["203.0.113.0/24"]
}

variable "deletion_protection" {
  description = "Refuses to delete the cluster. Set it to false, and apply that, before a destroy."
  type        = bool
  default     = true
}

variable "security_group_ids" {
  description = "Further security groups of the control plane's network interfaces."
  type        = list(string)
  default     = []
}

variable "kms_key_arn" {
  description = "The KMS key that encrypts Kubernetes Secrets; null for one that AWS owns. It stays for the life of the cluster."
  type        = string
  default     = null
}

variable "admin_arns" {
  description = "Roles and users that administer the cluster."
  type        = list(string)
  default     = []
}

variable "ci_arn" {
  description = "The role of the pipeline, which may change what is in the namespace apps."
  type        = string
}

variable "permissions_boundary" {
  description = "The permissions boundary of the cluster's roles; null for none."
  type        = string
  default     = null
}

variable "cluster_role_arn" {
  description = "A role for the control plane; null for one of the cluster's own."
  type        = string
  default     = null
}

variable "node_role_arn" {
  description = "A role for the nodes; null for one of the cluster's own."
  type        = string
  default     = null
}

variable "launch_template_id" {
  description = "The EC2 launch template of the node group custom."
  type        = string
}

variable "pod_role_arn" {
  description = "A role that pods get as it is. It trusts pods.eks.amazonaws.com with sts:AssumeRole and sts:TagSession."
  type        = string
}
