require "erb"

# Letters with places like <%= name %>, filled in without running any code of theirs.
module Letters
  class Incomplete < StandardError; end

  PLACE = /<%=\s*(\w+)\s*%>/

  # The letter for one reader. Raises Incomplete if it asks for what is not known.
  def self.fill(template, reader, escape: false)
    missing = template.scan(PLACE).flatten.uniq - reader.keys
    raise Incomplete, "nothing is known of #{missing.join(", ")}" unless missing.empty?

    template.gsub(PLACE) do
      value = reader.fetch(Regexp.last_match(1)).to_s
      escape ? ERB::Util.html_escape(value) : value
    end
  end
end
