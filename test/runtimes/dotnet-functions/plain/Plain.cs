using System.IO;

namespace Plain
{
    /// <summary>Of an assembly that names no serializer.</summary>
    public static class Functions
    {
        public static Stream Echo(Stream body) => body;

        public static string Text(string text) => text;

        public static int Number() => 1;
    }
}
