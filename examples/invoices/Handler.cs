using System.IO;
using System.Text.Json;
using System.Threading.Tasks;

namespace Invoices
{
    /// <summary>Takes and gives streams of JSON, so that the function needs no package beside .NET.</summary>
    public class Handler
    {
        public async Task<Stream> Handle(Stream input)
        {
            using (JsonDocument order = await JsonDocument.ParseAsync(input))
            {
                MemoryStream output = new MemoryStream();
                using (Utf8JsonWriter writer = new Utf8JsonWriter(output))
                    Invoice.Of(order.RootElement).WriteTo(writer);
                output.Position = 0;
                return output;
            }
        }
    }
}
