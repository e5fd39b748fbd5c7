variable "subnet_ids" {
  description = "Subnets of the cluster, in at least two availability zones. The sandbox sets TF_VAR_subnet_ids."
  type        = list(string)
}

variable "public_cidrs" {
  description = "Who may reach the cluster's API server from outside the VPC: the addresses of whoever runs terraform."
  type        = list(string)
  default     = ["203.0.113.0/24"]
}

variable "image" {
  description = "The image of all three workloads."
  type        = string
  default     = "public.ecr.aws/nginx/nginx:1.27"
}

variable "greeting" {
  description = "One environment variable of the web app, to see what a change of it does."
  type        = string
  default     = "hello"
}
