require "csv"
require "letters"
require "logger"

# Writes a letter to every reader of a list.
module Mail
  LOGGER = Logger.new($stdout)

  def self.merge(event:, context:)
    template = event.fetch("template")
    readers = CSV.parse(event.fetch("readers"), headers: true, strip: true).map(&:to_h)
    letters, failures = readers.map.with_index(1) { |reader, row| letter(template, reader, row, event["html"]) }
                               .partition { |result| result.key?("text") }
    LOGGER.info("#{letters.size} letters, #{failures.size} failures")
    { "letters" => letters, "failures" => failures, "requestId" => context.aws_request_id }
  end

  def self.letter(template, reader, row, html)
    { "to" => reader["email"], "text" => Letters.fill(template, reader, escape: html) }
  rescue Letters::Incomplete => error
    LOGGER.warn("row #{row}: #{error.message}")
    { "row" => row, "why" => error.message }
  end
  private_class_method :letter
end
