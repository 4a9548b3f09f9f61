package example;

public class InJar {}
