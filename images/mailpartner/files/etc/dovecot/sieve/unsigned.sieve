require ["fileinto"];
if allof (
  not address :domain :is "from" "scierie-delmas.example",
  not header :contains "Authentication-Results" "dkim=pass"
) {
  fileinto "Junk";
}
