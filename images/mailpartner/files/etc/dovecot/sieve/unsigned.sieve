require ["fileinto"];
if allof (
  not address :domain :is "from" "scierie-delmas.example",
  not header :matches "Authentication-Results" "mx.scierie-delmas.example;*dkim=pass*"
) {
  fileinto "Junk";
}
