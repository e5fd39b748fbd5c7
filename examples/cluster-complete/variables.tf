variable "name" {
  description = "The cluster's name, unique in its region and account."
  type        = string
  default     = "complete"
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
