package rayiam

// The default policies are the AWS managed policies that a node gets if the template names
// none. They follow a page of AWS CLI commands that people type by hand: head and workers use
// S3, FSx for Lustre and CloudWatch, and the head launches machines and uses Systems Manager.
// https://github.com/aws-samples/aws-hpc-tutorials/blob/778c325c7bd9786e8d5e9bd7e5caecafbf2ec625/content/05-hpc-ray-workshop/02-create-iam-roles.md
var (
	headDefaults = []string{
		"AmazonEC2FullAccess",
		"AmazonS3FullAccess",
		"AmazonFSxFullAccess",
		"CloudWatchAgentServerPolicy",
		"AmazonSSMFullAccess",
	}
	workerDefaults = []string{
		"AmazonS3FullAccess",
		"AmazonFSxFullAccess",
		"CloudWatchAgentServerPolicy",
	}
)
