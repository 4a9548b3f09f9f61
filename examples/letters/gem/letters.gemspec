Gem::Specification.new do |spec|
  spec.name = "letters"
  spec.version = "1.0.0"
  spec.summary = "Fills letters in with what is known of their readers"
  spec.authors = ["Lambkin"]
  spec.license = "Apache-2.0"
  spec.files = Dir["lib/**/*.rb"]
  spec.required_ruby_version = ">= 3.0"
end
