output "version" {
  description = "The version that the control plane has."
  value       = paas_cluster.this.kubernetes_version
}

output "nodes" {
  description = "The version of each node group."
  value       = { for key, group in paas_cluster.this.node_group_status : key => group.kubernetes_version }
}
