import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Follows a run with the WebSocket of the JDK: writes each message as a line, and closes after the end of the run. */
public class Follow implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    @Override
    public CompletionStage<?> onText(WebSocket feed, CharSequence part, boolean last) {
        text.append(part);
        if (last) {
            System.out.println(text);
            if (text.indexOf("\"type\":\"run.finished\"") >= 0) feed.sendClose(WebSocket.NORMAL_CLOSURE, "");
            text.setLength(0);
        }
        feed.request(1);
        return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket feed, int code, String reason) {
        ended.complete(null);
        return null;
    }

    @Override
    public void onError(WebSocket feed, Throwable error) {
        ended.completeExceptionally(error);
    }

    public static void main(String[] args) {
        var follow = new Follow();
        HttpClient.newHttpClient().newWebSocketBuilder().subprotocols("mnist-monitor.v2")
            .buildAsync(URI.create(args[0]), follow).join();
        follow.ended.join();
    }
}
