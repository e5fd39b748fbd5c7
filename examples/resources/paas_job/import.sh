terraform import paas_job.report arn:aws:eks:eu-west-1:111122223333:cluster/prod/shop/daily-report
