output "arn" {
  description = "What `cluster` of an app or job takes."
  value       = paas_cluster.this.arn
}
