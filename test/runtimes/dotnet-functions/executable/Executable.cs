using System;
using System.Net.Http;
using System.Threading.Tasks;

/// <summary>An executable assembly, which speaks the Runtime API itself as one with AWS's Amazon.Lambda.RuntimeSupport does.</summary>
public static class Executable
{
    public static void Main() => Serve().GetAwaiter().GetResult();

    private static async Task Serve()
    {
        var api = $"http://{Environment.GetEnvironmentVariable("AWS_LAMBDA_RUNTIME_API")}/2018-06-01/runtime/invocation/";
        using (var client = new HttpClient { Timeout = System.Threading.Timeout.InfiniteTimeSpan })
        {
            while (true)
            {
                using (var next = await client.GetAsync(api + "next"))
                {
                    var id = string.Join("", next.Headers.GetValues("lambda-runtime-aws-request-id"));
                    var body = await next.Content.ReadAsStringAsync();
                    var answer = $"{{\"handler\":\"{Environment.GetEnvironmentVariable("_HANDLER")}\",\"event\":{body}}}";
                    await client.PostAsync(api + id + "/response", new StringContent(answer));
                }
            }
        }
    }
}
