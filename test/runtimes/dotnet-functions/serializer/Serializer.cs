using System.IO;
using System.Text.Json;
using Amazon.Lambda.Core;

namespace Example
{
    /// <summary>As AWS's for System.Text.Json: names are those of the members, read in any case.</summary>
    public class JsonOfSystem : ILambdaSerializer
    {
        private static readonly JsonSerializerOptions Options =
            new JsonSerializerOptions { PropertyNameCaseInsensitive = true };

        public T Deserialize<T>(Stream requestStream)
        {
            var bytes = new MemoryStream();
            requestStream.CopyTo(bytes);
            return JsonSerializer.Deserialize<T>(bytes.ToArray(), Options);
        }

        public void Serialize<T>(T response, Stream responseStream)
        {
            var bytes = JsonSerializer.SerializeToUtf8Bytes(response, Options);
            responseStream.Write(bytes, 0, bytes.Length);
        }
    }

    public class Shouting : ILambdaSerializer
    {
        private readonly JsonOfSystem inner = new JsonOfSystem();

        public T Deserialize<T>(Stream requestStream) => inner.Deserialize<T>(requestStream);

        public void Serialize<T>(T response, Stream responseStream) => inner.Serialize("LOUD " + response, responseStream);
    }
}
