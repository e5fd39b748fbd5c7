variable "name" {
  description = "The cluster's name, unique in its region and account."
  type        = string
  default     = "auto-mode"
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
