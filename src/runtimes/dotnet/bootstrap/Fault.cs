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
            "at System.Reflection.", "at System.RuntimeMethodHandle.", "at InvokeStub_", "--- ",
        };

        private readonly Exception error;

        public Fault(Exception error)
        {
            this.error = error;
        }

        public string Type => error.GetType().Name;

        /// <summary>
        /// JSON as AWS's runtime writes it, to the byte: indented by two, with causes. A cause for which 256 KB leave no room
        /// has a word of that in its place.
        /// </summary>
        public byte[] Document()
        {
            var text = new StringBuilder();
            Append(text, Written(error, 0, false, MaxDocumentBytes), MaxDocumentBytes, "");
            return Encoding.UTF8.GetBytes(text.ToString());
        }

        private static string Written(Exception error, int depth, bool isFollowed, int room)
        {
            if (room <= 0) return null;
            var indent = Indent(depth + 1);
            var members = new List<string> { "\"errorType\": " + Quote(error.GetType().Name) };
            if (error.Message != null) members.Add("\"errorMessage\": " + Quote(error.Message));
            var frames = FramesOf(error);
            if (frames.Count > 0)
            {
                var lines = frames.ConvertAll(frame => Indent(depth + 2) + Quote(frame));
                members.Add("\"stackTrace\": [\n" + string.Join(",\n", lines) + "\n" + indent + "]");
            }
            var text = new StringBuilder(Indent(depth) + "{\n" + indent);
            text.Append(string.Join(",\n" + indent, members));
            var many = (error as AggregateException)?.InnerExceptions;
            var hasMany = many != null && many.Count > 0;
            if (error.InnerException != null)
            {
                text.Append(",\n").Append(indent).Append("\"cause\": ");
                var cause = Written(error.InnerException, depth + 1, hasMany, room - SizeOf(text));
                Append(text, cause, room, hasMany ? ",\n" : "\n");
            }
            else text.Append('\n');
            if (hasMany)
            {
                text.Append(indent).Append("\"causes\": [");
                for (var i = 0; i < many.Count; i++)
                {
                    var cause = Written(many[i], depth + 2, i < many.Count - 1, room - SizeOf(text));
                    if (!Append(text, cause, room, "\n")) break;
                }
                text.Append(indent).Append("]\n");
            }
            return text.Append(Indent(depth)).Append(isFollowed ? "},\n" : "}\n").ToString();
        }

        /// <summary>Whether there was room for it; if not, there is a word of that, and `end`.</summary>
        private static bool Append(StringBuilder text, string written, int room, string end)
        {
            var fits = written != null && SizeOf(text) + Encoding.UTF8.GetByteCount(written) < room;
            text.Append(fits ? written : TooLarge + end);
            return fits;
        }

        private static int SizeOf(StringBuilder text)
        {
            return Encoding.UTF8.GetByteCount(text.ToString());
        }

        private static string Indent(int depth)
        {
            return new string(' ', 2 * depth);
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

        /// <summary>Without space at its ends, as there.</summary>
        private static string Quote(string text)
        {
            var quoted = new StringBuilder(text.Length);
            foreach (var character in text)
            {
                switch (character)
                {
                    case '"': quoted.Append("\\\""); break;
                    case '\\': quoted.Append("\\\\"); break;
                    case '\n': quoted.Append("\\n"); break;
                    case '\r': quoted.Append("\\r"); break;
                    case '\t': quoted.Append("\\t"); break;
                    case '\f': quoted.Append("\\f"); break;
                    case '\b': quoted.Append("\\b"); break;
                    case '\u0085':
                    case '\u2028':
                    case '\u2029':
                        quoted.Append(Escaped(character));
                        break;
                    default:
                        quoted.Append(character < ' ' ? Escaped(character) : character.ToString());
                        break;
                }
            }
            return "\"" + quoted.ToString().Trim() + "\"";
        }

        private static string Escaped(char character)
        {
            return "\\u" + ((int)character).ToString("X4", CultureInfo.InvariantCulture);
        }
    }
}
