//! The EKS API as AWS answers it.
