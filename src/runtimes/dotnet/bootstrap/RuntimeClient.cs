using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Lambkin.Runtime
{
    /// <summary>One invocation: header fields by lower-case name, and the event.</summary>
    public sealed class Invocation
    {
        private readonly Dictionary<string, string> fields;

        public Invocation(Dictionary<string, string> fields, byte[] body)
        {
            this.fields = fields;
            Body = body;
        }

        public byte[] Body { get; }

        public string RequestId => Field("lambda-runtime-aws-request-id");

        /// <summary>Null if the field is absent.</summary>
        public string Field(string name)
        {
            fields.TryGetValue(name, out var value);
            return value;
        }
    }

    /// <summary>The Runtime API over one kept connection, framed by hand.</summary>
    public sealed class RuntimeClient
    {
        private const string Api = "/2018-06-01/runtime";
        private const string Json = "application/json";
        private const int BufferBytes = 16 * 1024;

        private readonly string host;
        private readonly Socket socket;
        private readonly byte[] buffer = new byte[BufferBytes];
        private readonly MemoryStream pending = new MemoryStream();
        private readonly object writing = new object();
        private int start;
        private int end;
        private int awaited;
        private string requestId;

        public RuntimeClient(string address)
        {
            host = address;
            var colon = address.LastIndexOf(':');
            var place = address.Substring(0, colon);
            if (!IPAddress.TryParse(place, out var ip)) ip = Dns.GetHostAddresses(place)[0];
            socket = new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Connect(new IPEndPoint(ip, int.Parse(address.Substring(colon + 1))));
        }

        /// <summary>Whether the function has begun to stream its answer to the invocation.</summary>
        public bool IsStreaming { get; private set; }

        /// <summary>Sends what is pending together with the request for the next invocation.</summary>
        public Invocation Next()
        {
            Text("GET " + Api + "/invocation/next HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
            Flush();
            for (; awaited > 0; awaited--) Read();
            var next = Read();
            requestId = next.RequestId;
            return next;
        }

        public void Respond(string id, ArraySegment<byte> body)
        {
            Post("/invocation/" + id + "/response", "Content-Type: " + Json + "\r\n", body);
        }

        public void Fail(string id, Fault fault)
        {
            Post("/invocation/" + id + "/error", ErrorFields(fault), new ArraySegment<byte>(fault.Document()));
        }

        public void InitError(Fault fault)
        {
            Post("/init/error", ErrorFields(fault), new ArraySegment<byte>(fault.Document()));
            Flush();
            Read();
        }

        /// <summary>Begins an answer whose bytes follow with <see cref="Stream"/>.</summary>
        public void BeginStream(string contentType)
        {
            IsStreaming = true;
            Text(
                "POST " + Api + "/invocation/" + requestId + "/response HTTP/1.1\r\nHost: " + host +
                "\r\nContent-Type: " + contentType + "\r\nLambda-Runtime-Function-Response-Mode: streaming\r\n" +
                "Transfer-Encoding: chunked\r\n" +
                "Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n\r\n");
            awaited++;
        }

        public void Stream(byte[] bytes, int offset, int count)
        {
            if (count == 0) return;
            lock (writing)
            {
                if (!IsStreaming) throw new InvalidOperationException("Cannot write to a completed stream.");
                Text(count.ToString("x") + "\r\n");
                pending.Write(bytes, offset, count);
                Text("\r\n");
                Flush();
            }
        }

        /// <summary>Ends a streamed answer, with the trailers of an error if there was one.</summary>
        public void EndStream(Fault fault)
        {
            lock (writing)
            {
                IsStreaming = false;
                var trailers = fault == null
                    ? ""
                    : "Lambda-Runtime-Function-Error-Type: " + Printable(fault.Type) +
                      "\r\nLambda-Runtime-Function-Error-Body: " + Convert.ToBase64String(fault.Document()) + "\r\n";
                Text("0\r\n" + trailers + "\r\n");
            }
        }

        private static string ErrorFields(Fault fault)
        {
            return "Content-Type: " + Json + "\r\nLambda-Runtime-Function-Error-Type: " + Printable(fault.Type) + "\r\n";
        }

        private static string Printable(string text)
        {
            var printable = new StringBuilder(text.Length);
            foreach (var character in text) printable.Append(character >= ' ' && character <= '~' ? character : '?');
            return printable.ToString();
        }

        private void Post(string path, string fields, ArraySegment<byte> body)
        {
            Text(
                "POST " + Api + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + fields + "Content-Length: " + body.Count +
                "\r\n\r\n");
            pending.Write(body.Array, body.Offset, body.Count);
            awaited++;
        }

        private void Text(string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            pending.Write(bytes, 0, bytes.Length);
        }

        private void Flush()
        {
            var bytes = pending.GetBuffer();
            var length = (int)pending.Length;
            for (var sent = 0; sent < length;) sent += socket.Send(bytes, sent, length - sent, SocketFlags.None);
            pending.SetLength(0);
            if (pending.Capacity > BufferBytes) pending.Capacity = BufferBytes;
        }

        private Invocation Read()
        {
            Line();
            var fields = ReadFields();
            fields.TryGetValue("transfer-encoding", out var coding);
            if ("chunked".Equals(coding, StringComparison.OrdinalIgnoreCase)) return new Invocation(fields, ReadChunks());
            fields.TryGetValue("content-length", out var length);
            return new Invocation(fields, ReadBytes(length == null ? 0 : int.Parse(length)));
        }

        private Dictionary<string, string> ReadFields()
        {
            var fields = new Dictionary<string, string>();
            for (var line = Line(); line != ""; line = Line())
            {
                var colon = line.IndexOf(':');
                if (colon > 0) fields[line.Substring(0, colon).ToLowerInvariant()] = line.Substring(colon + 1).Trim();
            }
            return fields;
        }

        /// <summary>Extensions may put a proxy before the Runtime API that answers in chunks.</summary>
        private byte[] ReadChunks()
        {
            var body = new MemoryStream();
            for (var size = ChunkSize(); size > 0; size = ChunkSize())
            {
                body.Write(ReadBytes(size), 0, size);
                Line();
            }
            ReadFields();
            return body.ToArray();
        }

        private int ChunkSize()
        {
            return Convert.ToInt32(Line().Split(';')[0].Trim(), 16);
        }

        private string Line()
        {
            var line = new MemoryStream();
            while (true)
            {
                if (start == end) Fill();
                var newline = Array.IndexOf(buffer, (byte)'\n', start, end - start);
                var stop = newline < 0 ? end : newline;
                line.Write(buffer, start, stop - start);
                start = newline < 0 ? stop : stop + 1;
                if (newline >= 0) return Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length).TrimEnd('\r');
            }
        }

        private byte[] ReadBytes(int count)
        {
            var bytes = new byte[count];
            var read = Math.Min(count, end - start);
            Array.Copy(buffer, start, bytes, 0, read);
            start += read;
            while (read < count)
            {
                var more = socket.Receive(bytes, read, count - read, SocketFlags.None);
                if (more == 0) Environment.Exit(1);
                read += more;
            }
            return bytes;
        }

        /// <summary>Without the Runtime API there is nothing to live for.</summary>
        private void Fill()
        {
            start = 0;
            end = socket.Receive(buffer);
            if (end == 0) Environment.Exit(1);
        }
    }
}
