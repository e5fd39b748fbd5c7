output "arn" {
  description = "What `cluster` of an app or job takes."
  value       = paas_cluster.this.arn
}

output "node_role" {
  description = "The role of the nodes that EKS makes: what they may do in AWS."
  value       = paas_cluster.this.auto_node_role_arn
}
