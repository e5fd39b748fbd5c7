terraform import paas_cluster.prod prod
