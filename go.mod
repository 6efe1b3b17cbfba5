module github.com/ray-iam/custom-rayiam

go 1.26
