output "cluster" {
  description = "The cluster's ARN."
  value       = paas_cluster.main.arn
}

output "web_url" {
  description = "Where the web app answers inside the cluster."
  value       = paas_app.web.internal_url
}

output "migration" {
  description = "The last run of the migration that terraform started."
  value       = paas_job.migrate.last_triggered_run
}
