using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Lambkin.Runtime
{
    /// <summary>The function can't be run as it is.</summary>
    public sealed class LambdaValidationException : Exception
    {
        public LambdaValidationException(string message) : base(message)
        {
        }
    }

    /// <summary>An exception as the Runtime API is told of it.</summary>
    public sealed class Fault
    {
        private const int MaxDocumentBytes = 256 * 1024;
        private const string TooLarge = "{\"errorMessage\": \"Exception exceeded maximum payload size of 256KB.\"}";

        private static readonly string[] OfReflection =
        {
            "at System.Reflection.", "at System.RuntimeMethodHandle.", "at InvokeStub_",
            "at System.RuntimeType.CreateInstance", "at System.Activator.", "--- ",
        };

        private readonly Exception error;

        public Fault(Exception error)
        {
            this.error = error;
        }

        public string Type => error.GetType().Name;

        /// <summary>JSON as AWS's runtime writes it: indented by two, with causes, at most 256 KB.</summary>
        public byte[] Document()
        {
            var text = new StringBuilder();
            Write(text, error, 0);
            var bytes = Encoding.UTF8.GetBytes(text.ToString());
            return bytes.Length <= MaxDocumentBytes ? bytes : Encoding.UTF8.GetBytes(TooLarge);
        }

        private static void Write(StringBuilder text, Exception error, int depth)
        {
            var indent = new string(' ', 2 * depth + 2);
            text.Append("{\n").Append(indent).Append("\"errorType\": ").Append(Quote(error.GetType().Name));
            text.Append(",\n").Append(indent).Append("\"errorMessage\": ").Append(Quote(error.Message));
            var frames = FramesOf(error);
            if (frames.Count > 0)
            {
                text.Append(",\n").Append(indent).Append("\"stackTrace\": [\n");
                for (var i = 0; i < frames.Count; i++)
                    text.Append(indent).Append("  ").Append(Quote(frames[i])).Append(i < frames.Count - 1 ? ",\n" : "\n");
                text.Append(indent).Append(']');
            }
            if (error.InnerException != null && text.Length <= MaxDocumentBytes)
            {
                text.Append(",\n").Append(indent).Append("\"cause\": ");
                Write(text, error.InnerException, depth + 1);
            }
            if (error is AggregateException many && text.Length <= MaxDocumentBytes)
            {
                text.Append(",\n").Append(indent).Append("\"causes\": [");
                for (var i = 0; i < many.InnerExceptions.Count && text.Length <= MaxDocumentBytes; i++)
                {
                    text.Append(i == 0 ? "\n" : ",\n").Append(indent).Append("  ");
                    Write(text, many.InnerExceptions[i], depth + 2);
                }
                text.Append('\n').Append(indent).Append(']');
            }
            text.Append('\n').Append(new string(' ', 2 * depth)).Append('}');
        }

        /// <summary>The function's own frames: below them come those of what calls it.</summary>
        private static List<string> FramesOf(Exception error)
        {
            var frames = new List<string>();
            foreach (var line in (error.StackTrace ?? "").Split('\n'))
            {
                var frame = line.Trim();
                if (frame.StartsWith("at Lambkin.Runtime.", StringComparison.Ordinal)) break;
                if (frame != "") frames.Add(frame);
            }
            while (frames.Count > 0 && IsOfReflection(frames[frames.Count - 1])) frames.RemoveAt(frames.Count - 1);
            return frames;
        }

        private static bool IsOfReflection(string frame)
        {
            return Array.Exists(OfReflection, prefix => frame.StartsWith(prefix, StringComparison.Ordinal));
        }

        private static string Quote(string text)
        {
            var quoted = new StringBuilder("\"", text.Length + 2);
            foreach (var character in text)
            {
                switch (character)
                {
                    case '"': quoted.Append("\\\""); break;
                    case '\\': quoted.Append("\\\\"); break;
                    case '\n': quoted.Append("\\n"); break;
                    case '\r': quoted.Append("\\r"); break;
                    case '\t': quoted.Append("\\t"); break;
                    default:
                        if (character < ' ' || char.IsSurrogate(character))
                            quoted.Append("\\u").Append(((int)character).ToString("x4", CultureInfo.InvariantCulture));
                        else quoted.Append(character);
                        break;
                }
            }
            return quoted.Append('"').ToString();
        }
    }
}
