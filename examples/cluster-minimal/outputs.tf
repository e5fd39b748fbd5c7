output "arn" {
  description = "What `cluster` of an app or job takes."
  value       = paas_cluster.this.arn
}

output "kubeconfig" {
  description = "For kubectl; its tokens come from `aws eks get-token`."
  value       = paas_cluster.this.kubeconfig
}
